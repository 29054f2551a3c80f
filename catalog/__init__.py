"""What exists: values, store, migrations, ingest, playlist formats, the demo catalogue."""
