"""JSON in and out, as several resources read and write it."""
