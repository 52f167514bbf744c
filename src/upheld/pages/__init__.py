"""The public pages: a site's first page, its policy, the gate to ask, and the overview of all sites."""
