"""Bodies of media types that Schemathesis does not know: signed things are text, media are bytes."""

import schemathesis

schemathesis.serializer.alias("application/jose", "text/plain")
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
