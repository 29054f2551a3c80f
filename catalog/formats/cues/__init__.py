"""A film's cue sheet as files for editors.

values      what is written, frames and timecode
edl         CMX 3600
fcpxml      Final Cut Pro XML 1.10
otio        OpenTimelineIO
tables      CSV and JSON
credits     the text for the end titles
writing     `write_cues`: any of them by name
"""
