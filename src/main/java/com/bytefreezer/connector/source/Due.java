package com.bytefreezer.connector.source;

import com.bytefreezer.connector.lake.SourceBucket.Source;
import com.bytefreezer.connector.pack.Packs;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Which source objects make a pack, and when. */
record Due(Packs.Due due, Clock clock) {
    /** Bytes of Parquet for one of JSON, before a dataset has an object. */
    private static final double USUAL_RATIO = 0.2;
    /** Bytes of JSON for one of gzip. */
    private static final int USUAL_GZIP = 10;
    /** Unpacked bytes of an object, however well it is compressed. */
    private static final long MOST = 2_000_000_000;
    /** Each takes a request or two. */
    private static final int MOST_SOURCES = 5000;

    /**
     * Unpacked bytes that make an object.
     *
     * @param ratio of the dataset's last object; 0 for none
     */
    long partBytes(double ratio) {
        return (long) Math.min(MOST, due.bytes() / (ratio > 0 ? ratio : USUAL_RATIO));
    }

    /**
     * The packs to be made now.
     *
     * @param waiting in the order of their paths
     * @param all whether age and size do not matter
     */
    List<List<Source>> packs(List<Source> waiting, long partBytes, boolean all) {
        List<List<Source>> packs = new ArrayList<>();
        List<Source> pack = new ArrayList<>();
        long bytes = 0;
        for (Source each : waiting) {
            long unpacked = unpacked(each);
            if (!pack.isEmpty() && (bytes + unpacked > partBytes || pack.size() >= MOST_SOURCES)) {
                packs.add(pack);
                pack = new ArrayList<>();
                bytes = 0;
            }
            pack.add(each);
            bytes += unpacked;
        }
        if (!pack.isEmpty() && (all || bytes >= partBytes || isOld(pack))) {
            packs.add(pack);
        }
        return packs;
    }

    private static long unpacked(Source source) {
        return source.path().toLowerCase(Locale.ROOT).endsWith(".gz") ? source.size() * USUAL_GZIP : source.size();
    }

    private boolean isOld(List<Source> pack) {
        Instant oldest =
                pack.stream().map(Source::modified).min(Instant::compareTo).orElseThrow();
        Duration age = Duration.between(oldest, clock.instant());
        // The clock of the server may be ahead.
        return age.isNegative() || age.compareTo(due.age()) >= 0;
    }
}
