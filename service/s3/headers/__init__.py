"""What the headers of requests say, or the fields of forms in their place: no operation is known here."""
