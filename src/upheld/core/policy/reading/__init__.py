"""From text to values: declarations, sentences and rule lines; `load` puts them together."""
