#!/bin/sh
# Puts what a target begins from into a folder: seeds.sh TARGET FOLDER. Small files that are right, to be made wrong.
set -eu
name=$1 folder=$2
write() { printf "$2" >"$folder/seed-$1"; }

case "$name" in
manifest)
    write jws 'eyJhbGciOiJFZERTQSIsInR5cCI6IndheW1hcmstbWFuaWZlc3Qrand0In0.e30.AAAA'
    write json '{"version":1,"clip_id":"00000000000000000000000000000000","sequence":0,"previous":null,"driver":"ana","captured":{"start_ms":1,"end_ms":2},"nonce":null,"camera":{"model":"m","hfov_deg":90.0},"media":[{"name":"a.mp4","kind":"video","type":"video/mp4","size_bytes":1,"sha256":"0000000000000000000000000000000000000000000000000000000000000000"}]}'
    ;;
tracks)
    write gpx '\0<?xml version="1.0"?><gpx version="1.1" creator="x"><trk><trkseg><trkpt lat="45.8" lon="15.9"><ele>120</ele><time>2026-01-02T03:04:05Z</time><hdop>1.2</hdop></trkpt></trkseg></trk></gpx>'
    write nmea '\001$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n'
    write csv '\002time_ms,latitude_deg,longitude_deg,accuracy_m\n1795255200000,45.8,15.97,3\n1795255201000,45.81,15.97,\n'
    ;;
exif | still)
    write jpeg '\377\330\377\341\000\102Exif\0\0MM\0\052\0\0\0\010\0\001\210\045\0\004\0\0\0\001\0\0\0\032\0\0\0\0\0\002\0\001\0\002\0\0\0\002N\0\0\0\0\002\0\005\0\0\0\003\0\0\0\0\0\0\0\0\377\300\000\013\010\0\020\0\020\001\001\021\0\377\332\000\010\001\001\0\0\077\0abc\377\331'
    write png '\211PNG\r\n\032\n\0\0\0\015IHDR\0\0\0\001\0\0\0\001\010\002\0\0\0'
    ;;
gpmf)
    write gps5 '\040DEVC\0\001\0\060STRM\0\001\0\050SCALl\004\0\005\0\0\0\001\0\0\0\001\0\0\0\001\0\0\0\001\0\0\0\001GPS5l\024\0\001\0\0\0\001\0\0\0\002\0\0\0\003\0\0\0\004\0\0\0\005'
    ;;
tus)
    clip=/v1/clips/00000000000000000000000000000000
    file=$clip/media/0000000000000000000000000000000000000000000000000000000000000000
    write patch "PATCH $file\ntus-resumable: 1.0.0\nupload-offset: 0\nupload-checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\ncontent-type: application/offset+octet-stream\ncontent-length: 11\n\nhello world"
    write create "POST /v1/uploads\ntus-resumable: 1.0.0\nupload-length: 100\nupload-metadata: clip MDAw,filename YS5tcDQ=\n\n"
    write head "HEAD $file\ntus-resumable: 1.0.0\nx-http-method-override: PATCH\n\n"
    write manifest 'POST /v1/clips\ncontent-type: application/jose\n\neyJ9.e30.AAAA'
    write state "GET $clip\nauthorization: Bearer eyJ9.e30.AAAA\n\n"
    ;;
video)
    write mp4 '\0\0\0\024ftypisom\0\0\002\0isom\0\0\0\010free\0\0\0\154moov\0\0\0\144mvhd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\003\350\0\0\003\350'
    write mkv '\032\105\337\243\237\102\206\201\001\102\367\201\001\102\362\201\004\102\363\201\010\102\202\204webm'
    if command -v ffmpeg >/dev/null; then
        ffmpeg -v error -y -f lavfi -i testsrc=s=32x32:d=1:r=5 -pix_fmt yuv420p -f mp4 "$folder/seed-whole" || true
    fi
    ;;
esac
