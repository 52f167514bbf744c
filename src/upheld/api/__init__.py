"""What customers can do, for programs: the same actions as the pages, answers as JSON; renders no page."""
