#!/bin/sh
# Stands in for an ffmpeg that hangs: it and its child ignore SIGTERM.
trap '' TERM
sleep 60 &
wait
sleep 60
