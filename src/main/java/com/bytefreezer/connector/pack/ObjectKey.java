package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.spool.SealedSegment;
import com.bytefreezer.connector.text.Sha256;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;

/** The keys of packed objects, in packer's form: the same for a segment however often it is packed. */
final class ObjectKey {
    private static final int LONGEST_ID = 50;
    private static final DateTimeFormatter PARTITION = DateTimeFormatter.ofPattern(
                    "'year='yyyy'/month='MM'/day='dd'/hour='HH", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private ObjectKey() {}

    /** Below the folder of the dataset. */
    static String of(SealedSegment segment, String tenant, String dataset) {
        return "%s/%s.parquet".formatted(PARTITION.format(segment.sealed()), name(segment, tenant, dataset));
    }

    /** Without a suffix. */
    static String name(SealedSegment segment, String tenant, String dataset) {
        return "%s_%s_%s_%s"
                .formatted(id(tenant), id(dataset), STAMP.format(segment.sealed()), hash(segment.identity()));
    }

    private static String id(String name) {
        String safe = name.replaceAll("[^A-Za-z0-9_-]", "_");
        return safe.substring(0, Math.min(safe.length(), LONGEST_ID));
    }

    private static String hash(String identity) {
        return HexFormat.of().formatHex(Sha256.of(identity), 0, 6);
    }
}
