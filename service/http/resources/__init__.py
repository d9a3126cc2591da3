"""The API's resources, a folder each."""
