"""Office Open XML: Word, PowerPoint, Excel. All are XML files in a ZIP archive."""
