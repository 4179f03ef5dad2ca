package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.signs.Moment;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Proves that an export was planned: only this process can create it, and it is valid for one run within an hour. Safe for use by several threads. */
final class PlanHash {
    private static final Duration LIFE = Duration.ofHours(1);
    private static final String ALGORITHM = "HmacSHA256";
    /** The parts that distinguish exports. */
    private static final List<String> PARTS =
            List.of("tenant_id", "dataset_id", "sql", "from", "to", "destination_type", "batch_size");

    private final byte[] key = new byte[32];
    private final Moment begun = Moment.now();
    /** Those of the last hour that have had their run, with their times. */
    private final Map<String, Long> used = new ConcurrentHashMap<>();

    PlanHash() {
        new SecureRandom().nextBytes(key);
    }

    String of(Map<String, Object> export) {
        return of(export, begun.past().toMillis());
    }

    /** Whether the export may run now. It may do so once. */
    boolean use(String hash, Map<String, Object> export) {
        if (!hash.matches("[0-9a-f]{1,12}-[0-9a-f]{64}")) {
            return false;
        }
        long time = HexFormat.fromHexDigitsToLong(hash.substring(0, hash.indexOf('-')));
        long now = begun.past().toMillis();
        used.values().removeIf(before -> now - before > LIFE.toMillis());
        return now >= time
                && now - time <= LIFE.toMillis()
                && MessageDigest.isEqual(
                        of(export, time).getBytes(StandardCharsets.UTF_8), hash.getBytes(StandardCharsets.UTF_8))
                && used.putIfAbsent(hash, time) == null;
    }

    private String of(Map<String, Object> export, long time) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            for (String part : PARTS) {
                byte[] value = String.valueOf(export.get(part)).strip().getBytes(StandardCharsets.UTF_8);
                mac.update(
                        Arrays.copyOf(HexFormat.of().toHexDigits(value.length).getBytes(StandardCharsets.US_ASCII), 8));
                mac.update(value);
            }
            return Long.toHexString(time)
                    + "-"
                    + HexFormat.of()
                            .formatHex(mac.doFinal(Long.toHexString(time).getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
