#!/usr/bin/env python3
"""Exit with 0 if the service in this container answers the path with 200. The image has no curl."""

import http.client
import os
import sys

# "localhost" tries IPv6 and IPv4, whichever FILEPORT_HOST opens.
connection = http.client.HTTPConnection("localhost", int(os.environ.get("FILEPORT_PORT") or 8000), timeout=4)
try:
    connection.request("GET", sys.argv[1])
    status = connection.getresponse().status
except OSError as error:
    sys.exit(str(error))
sys.exit(0 if status == http.client.OK else f"{sys.argv[1]} answers {status}")
