"""The console: pages for staff, on the overview host under /console/; calls actions, knows no public page and no API."""
