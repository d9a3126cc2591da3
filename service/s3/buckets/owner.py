"""The owner that S3's documents have of everything: callers have rights here, and own nothing."""

from service.s3.xml import element, text

OWNER = "fileport"
OWNER_ELEMENT = element("Owner", text("ID", OWNER), text("DisplayName", OWNER))
