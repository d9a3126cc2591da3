"""Uploads by forms of browsers, with a policy (AWS, «Browser-Based Uploads Using POST»)."""
