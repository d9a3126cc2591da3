"""ZIP archives as a representation of files: `application/zip`, as `byteranges` is `multipart/byteranges`.

Files are stored, not compressed, so that an archive's length is known before its first byte. Sections are those of
PKWARE's APPNOTE.TXT 6.3.10.
"""
