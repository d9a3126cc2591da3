"""A stand-in for an S3 store that is faster than what is measured: it keeps bytes in memory and checks nothing.

No signature, checksum or policy is looked at, and no body is hashed. It does what Fileport and aioboto3 ask of a store:
objects whole and by range, multipart uploads, listings. `python -m bench.s3_stand_in PORT`.
"""
