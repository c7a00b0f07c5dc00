#!/bin/sh
# Stands in for an ffmpeg that hangs: it and its child ignore SIGTERM, from the moment that it says so.
trap '' TERM
sleep 600 &
echo stubborn
wait
sleep 600
