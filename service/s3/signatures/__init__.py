"""Signatures of requests: AWS Signature Version 4 (AWS, «Authenticating Requests (AWS Signature Version 4)»)."""
