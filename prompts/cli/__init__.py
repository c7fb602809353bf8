"""`plumb prompts`. Heavy imports wait until a command runs."""
