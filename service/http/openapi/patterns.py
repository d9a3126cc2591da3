r"""The domain's rules on texts as regular expressions that JSON Schema understands (ECMA-262, no flags).

They say again what the domain checks; the tests hold the two together.
"""

from domain.files.search.fields import COLUMNS, MAX_PATH_DEPTH
from domain.files.search.model import MAX_SORT_KEYS

_CONTROLS = r"\u0000-\u001f\u007f-\u009f"
# RFC 6838, section 4.2.
_TYPE = r"[0-9A-Za-z][0-9A-Za-z!#$&^_.+-]{0,126}"
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'

# A segment of a name: not empty, not `.`, not `..`.
_SEGMENT = rf"(?:[^./{_CONTROLS}][^/{_CONTROLS}]*|\.[^./{_CONTROLS}][^/{_CONTROLS}]*|\.\.[^/{_CONTROLS}]+)"
_SORT_KEY = rf"-?(?:{'|'.join(COLUMNS)}|metadata(?:\.[^.,\u0000]+){{1,{MAX_PATH_DEPTH}}})"
_ENTITY_TAG = r'(?:W/)?"[!#-~]*"'

BUCKET_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
FILE_NAME = rf"^{_SEGMENT}(?:/{_SEGMENT})*$"
PREFIX = rf"^[^{_CONTROLS}]*$"
TAG = rf"^[^\s,{_CONTROLS}](?:[^,{_CONTROLS}]*[^\s,{_CONTROLS}])?$"
CONTENT_TYPE = rf"^[ \t]*{_TYPE}/{_TYPE}(?:[ \t]*;[ \t]*(?:{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))?)*[ \t]*$"
TYPE_PATTERN = rf"^(?:{_TYPE}/(?:\*|{_TYPE})|\*/\*)$"
FIELD_VALUE = r"^[ -~]+$"
STORABLE = r"^[^\u0000]*$"
SORT = rf"^{_SORT_KEY}(?:,{_SORT_KEY}){{0,{MAX_SORT_KEYS - 1}}}$"
METADATA_FIELD = rf"^metadata(?:\.[^.\u0000]+){{1,{MAX_PATH_DEPTH}}}$"
LIKE = r"^(?:[^\\\u0000]|\\[^\u0000])*$"
SHA256 = r"^[0-9a-f]{64}$"
ETAG = r'^"[0-9a-f]{32}-[1-9][0-9]*"$'
ENTITY_TAGS = rf"^(?:\*|{_ENTITY_TAG}(?:[ \t]*,[ \t]*{_ENTITY_TAG})*)$"
# As a string of structured fields (RFC 9651, section 3.3.3), and bare.
IDEMPOTENCY_KEY = r'^(?:"(?:[ !#-\[\]-~]|\\["\\]){1,255}"|[!#-~](?:[ -~]{0,253}[!-~])?)$'
REQUEST_ID = r"^[0-9A-Za-z._-]{1,128}$"
