"""What people may ask for and how long things are kept, as data; knows no clock."""
