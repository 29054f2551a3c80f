"""Bringing files into the catalogue.

scan      finds audio in folders and archives
open      makes a file or an archive member readable, under caps
tags      what a file, its sidecar and its name say
pipeline  the resumable run: `Ingest`
background  runs beside a server, with progress: `BackgroundIngest`
"""
