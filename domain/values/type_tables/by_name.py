"""Content types by the extensions of names: the one table, whatever the way in. The machine's own is never asked."""

# A type a line, and the extensions that stand for it. Registered types come first, else those that programs send.
_TABLE = """
application/atom+xml atom
application/dash+xml mpd
application/epub+zip epub
application/geo+json geojson
application/gpx+xml gpx
application/graphql graphql gql
application/gzip gz tgz svgz
application/java-archive jar war ear
application/json json map
application/json5 json5
application/jsonl jsonl
application/ld+json jsonld
application/manifest+json webmanifest
application/mbox mbox
application/msword doc dot wiz
application/n-quads nq
application/n-triples nt
application/oda oda
application/pdf pdf
application/pgp-encrypted pgp gpg
application/pgp-signature sig asc
application/pkcs10 p10
application/pkcs7-mime p7c p7m
application/pkcs7-signature p7s
application/pkcs8 p8
application/pkix-cert cer
application/pkix-crl crl
application/postscript ai eps ps
application/rss+xml rss
application/rtf rtf
application/smil+xml smil smi
application/sparql-query rq
application/sql sql
application/srgs+xml grxml
application/toml toml
application/trig trig
application/vnd.amazon.ebook azw
application/vnd.android.package-archive apk aab
application/vnd.apache.arrow.file arrow feather
application/vnd.apache.arrow.stream arrows
application/vnd.apache.parquet parquet
application/vnd.apple.installer+xml mpkg
application/vnd.apple.keynote key
application/vnd.apple.mpegurl m3u m3u8
application/vnd.apple.numbers numbers
application/vnd.apple.pages pages
application/vnd.apple.pkpass pkpass
application/vnd.debian.binary-package deb udeb
application/vnd.flatpak flatpak
application/vnd.geopackage+sqlite3 gpkg
application/vnd.google-earth.kml+xml kml
application/vnd.google-earth.kmz kmz
application/vnd.microsoft.portable-executable exe dll
application/vnd.ms-cab-compressed cab
application/vnd.ms-excel xls xlb xlt
application/vnd.ms-excel.addin.macroenabled.12 xlam
application/vnd.ms-excel.sheet.binary.macroenabled.12 xlsb
application/vnd.ms-excel.sheet.macroenabled.12 xlsm
application/vnd.ms-excel.template.macroenabled.12 xltm
application/vnd.ms-fontobject eot
application/vnd.ms-htmlhelp chm
application/vnd.ms-outlook msg
application/vnd.ms-powerpoint ppt pot ppa pps pwz
application/vnd.ms-powerpoint.presentation.macroenabled.12 pptm
application/vnd.ms-powerpoint.slideshow.macroenabled.12 ppsm
application/vnd.ms-project mpp
application/vnd.ms-word.document.macroenabled.12 docm
application/vnd.ms-word.template.macroenabled.12 dotm
application/vnd.ms-xpsdocument xps
application/vnd.oasis.opendocument.chart odc
application/vnd.oasis.opendocument.formula odf
application/vnd.oasis.opendocument.graphics odg
application/vnd.oasis.opendocument.graphics-template otg
application/vnd.oasis.opendocument.presentation odp
application/vnd.oasis.opendocument.presentation-template otp
application/vnd.oasis.opendocument.spreadsheet ods
application/vnd.oasis.opendocument.spreadsheet-template ots
application/vnd.oasis.opendocument.text odt
application/vnd.oasis.opendocument.text-master odm
application/vnd.oasis.opendocument.text-template ott
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
application/vnd.openxmlformats-officedocument.presentationml.template potx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
application/vnd.rar rar
application/vnd.snap snap
application/vnd.sqlite3 sqlite sqlite3
application/vnd.tcpdump.pcap pcap cap
application/vnd.visio vsd vst
application/vnd.visio.drawing vsdx
application/wasm wasm
application/x-7z-compressed 7z
application/x-apple-diskimage dmg
application/x-bcpio bcpio
application/x-bittorrent torrent
application/x-bzip2 bz2 tbz tbz2 bz
application/x-chrome-extension crx
application/x-compress z taz
application/x-cpio cpio
application/x-csh csh
application/x-dvi dvi
application/x-fictionbook+xml fb2
application/x-gtar gtar
application/x-hdf hdf
application/x-hdf5 h5 hdf5
application/x-httpd-php php
application/x-iso9660-image iso
application/x-java-jnlp-file jnlp
application/x-latex latex
application/x-lha lzh lha
application/x-lz4 lz4
application/x-lzip lz
application/x-lzma lzma
application/x-mif mif
application/x-mobipocket-ebook mobi prc
application/x-ms-shortcut lnk
application/x-msaccess mdb accdb
application/x-msi msi
application/x-ndjson ndjson
application/x-netcdf cdf nc
application/x-pem-file pem
application/x-perl pl pm
application/x-pkcs12 p12 pfx
application/x-pn-realaudio ram
application/x-python-code pyc pyo
application/x-redhat-package-manager rpm
application/x-ruby rb
application/x-sh sh bash ksh zsh
application/x-shar shar
application/x-shockwave-flash swf
application/x-snappy-framed sz
application/x-sv4cpio sv4cpio
application/x-sv4crc sv4crc
application/x-tar tar
application/x-tcl tcl
application/x-tex tex
application/x-texinfo texi texinfo
application/x-troff roff t tr
application/x-troff-man man
application/x-troff-me me
application/x-troff-ms ms
application/x-ustar ustar
application/x-x509-ca-cert crt der
application/x-xpinstall xpi
application/x-xz xz txz
application/xhtml+xml xhtml xht
application/xml rdf wsdl xpdl xsl xsd rng
application/xml-dtd dtd
application/xslt+xml xslt
application/yaml yaml yml
application/yang yang
application/zip zip
application/zstd zst tzst
audio/aac aac adts ass loas
audio/ac3 ac3
audio/amr amr
audio/amr-wb awb
audio/basic au snd
audio/eac3 ec3
audio/flac flac
audio/matroska mka
audio/midi mid midi kar rmi
audio/mp4 m4a m4b m4p m4r f4a
audio/mpeg mp3 mp2 mpga m2a m3a
audio/ogg ogg oga opus spx
audio/vnd.dts dts
audio/wav wav
audio/webm weba
audio/x-aiff aif aiff aifc
audio/x-ape ape
audio/x-caf caf
audio/x-mod mod
audio/x-ms-wma wma
audio/x-pn-realaudio ra
audio/x-wavpack wv
font/collection ttc
font/otf otf
font/ttf ttf
font/woff woff
font/woff2 woff2
image/apng apng
image/avif avif avifs
image/bmp bmp dib
image/gif gif
image/heic heic hif
image/heic-sequence heics
image/heif heif
image/heif-sequence heifs
image/ief ief
image/jp2 jp2 jpg2
image/jpeg jpg jpeg jpe jfif pjpeg pjp
image/jpm jpm
image/jpx jpx jpf
image/jxl jxl
image/jxr jxr hdp wdp
image/ktx ktx
image/ktx2 ktx2
image/png png
image/qoi qoi
image/svg+xml svg
image/t38 t38
image/tiff tif tiff
image/vnd.adobe.photoshop psd psb
image/vnd.djvu djvu djv
image/vnd.dwg dwg
image/vnd.dxf dxf
image/vnd.microsoft.icon ico cur
image/vnd.ms-dds dds
image/vnd.radiance hdr
image/vnd.zbrush.pcx pcx
image/webp webp
image/x-adobe-dng dng
image/x-canon-cr2 cr2
image/x-canon-cr3 cr3
image/x-canon-crw crw
image/x-cmu-raster ras
image/x-exr exr
image/x-fuji-raf raf
image/x-icns icns
image/x-nikon-nef nef nrw
image/x-olympus-orf orf
image/x-panasonic-rw2 rw2
image/x-pentax-pef pef
image/x-portable-anymap pnm
image/x-portable-bitmap pbm
image/x-portable-graymap pgm
image/x-portable-pixmap ppm
image/x-rgb rgb
image/x-sony-arw arw srf sr2
image/x-tga tga
image/x-xbitmap xbm
image/x-xcf xcf
image/x-xpixmap xpm
image/x-xwindowdump xwd
message/rfc822 eml mht mhtml nws
model/3mf 3mf
model/gltf+json gltf
model/gltf-binary glb
model/iges igs iges
model/mtl mtl
model/obj obj
model/step stp step
model/stl stl
model/vnd.collada+xml dae
model/vnd.usdz+zip usdz
text/cache-manifest appcache
text/calendar ics ifb
text/css css
text/csv csv
text/html html htm shtml
text/javascript js mjs cjs
text/jsx jsx
text/markdown md markdown mkd
text/mdx mdx
text/n3 n3
text/plain txt text srt log conf cfg ini properties env list def in bat cmd ps1 c h cc cpp cxx hh hpp hxx cs go rs java
text/plain kt swift scala dart lua r jl tsx vue svelte proto tf hcl diff patch
text/richtext rtx
text/sgml sgml sgm
text/tab-separated-values tsv tab
text/troff mdoc
text/turtle ttl
text/uri-list uri uris urls
text/vcard vcf vcard
text/vtt vtt
text/x-asm s asm
text/x-bibtex bib
text/x-fortran f for f77 f90
text/x-org org
text/x-pascal p pas
text/x-python py pyi
text/x-rst rst
text/x-sass sass
text/x-scss scss
text/x-setext etx
text/x-ssa ssa
text/x-suse-ymp ymp
text/x-vcalendar vcs
text/xml xml
video/3gpp 3gp 3gpp
video/3gpp2 3g2 3gpp2
video/h264 h264
video/h265 h265 hevc
video/iso.segment m4s
video/jpeg jpgv
video/mj2 mj2 mjp2
video/mp2t ts m2ts mts m2t
video/mp4 mp4 mp4v mpg4 f4v
video/mpeg mpeg mpg mpe mpa m1v m2v vob
video/ogg ogv
video/quicktime mov qt
video/vnd.mpegurl mxu m4u
video/webm webm
video/x-flv flv
video/x-m4v m4v
video/x-matroska mkv mk3d mks
video/x-ms-asf asf asx
video/x-ms-wmv wmv
video/x-msvideo avi
video/x-sgi-movie movie
"""


def _by_extension(table: str) -> dict[str, str]:
    lines = (line.split() for line in table.strip().splitlines())
    return {extension: content_type for content_type, *extensions in lines for extension in extensions}


_BY_EXTENSION = _by_extension(_TABLE)
TYPES_BY_NAME = frozenset(_BY_EXTENSION.values())


def type_of_name(name: str) -> str | None:
    """Return the content type that the last extension of a file name stands for, in whichever case; None without one.

    A name is a path, never a URL: only slashes divide it. A dot that begins the last segment begins no extension.
    """
    stem, _, extension = name.rpartition("/")[2].rpartition(".")
    return _BY_EXTENSION.get(extension.lower()) if stem.strip(".") else None
