"""Fields that guard stored content: from shared caches, from sniffing, from scripts and from other origins."""

# Readers need a key, so shared caches keep nothing; and a private one revalidates its copy by the entity tag.
PRIVATE = "private, no-cache"

# Anybody's bytes are served from the API's own origin: no sniffing, no scripts, no use by other origins.
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
