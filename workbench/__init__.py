"""The efficiency workbench: from profiles to a reviewed, measured fix."""
