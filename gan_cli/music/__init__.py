"""Music: notes, MIDI files, piano rolls, sound and pictures of notes."""
