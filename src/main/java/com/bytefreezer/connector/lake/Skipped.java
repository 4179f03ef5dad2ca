package com.bytefreezer.connector.lake;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Files that a listing leaves out although they look like data, by kind. As in Hadoop and its successors, names that
 * begin with a dot or an underscore are hidden ({@code _temporary}, {@code _delta_log}, {@code .hoodie}, {@code
 * ._a.parquet}), except folders like {@code _day=1}. Safe for use by several threads.
 */
public final class Skipped {
    /** The first bytes of a Parquet file. */
    static final String MAGIC = "PAR1";

    private static final String SUFFIX = ".parquet";
    private static final int MOST_KINDS = 10;
    private static final String OTHERS = "others";
    /** Each check may be a request. */
    private static final int MOST_LOOKS = 5;

    private final Map<String, Long> hidden = new TreeMap<>();
    private final Map<String, Long> lookAlikes = new TreeMap<>();
    private String example = "";
    private int looks;

    /**
     * Whether an object belongs to the dataset; if not, counts it.
     *
     * @param key below the dataset's folder
     * @param hasMagic whether its content begins like a Parquet file
     */
    synchronized boolean takes(String key, BooleanSupplier hasMagic) {
        String[] parts = key.split("/", -1);
        String file = parts[parts.length - 1];
        String lower = file.toLowerCase(Locale.ROOT);
        boolean named = lower.endsWith(SUFFIX) || lower.endsWith(".parq");
        for (int i = 0; i < parts.length; i++) {
            if (isHidden(parts[i])) {
                if (named) {
                    count(
                            hidden,
                            i < parts.length - 1 ? parts[i] : file.startsWith("._") ? "._*" : file.charAt(0) + "*");
                }
                return false;
            }
        }
        if (file.endsWith(SUFFIX)) {
            return true;
        }
        if (named) {
            lookAlike("*" + file.substring(file.lastIndexOf('.')), key);
        } else if (!file.isEmpty() && file.indexOf('.') < 0 && looks < MOST_LOOKS) {
            looks++;
            if (hasMagic.getAsBoolean()) {
                lookAlike("no suffix", key);
            }
        }
        return false;
    }

    private static boolean isHidden(String name) {
        return name.startsWith(".") || (name.startsWith("_") && name.indexOf('=') < 0);
    }

    private void lookAlike(String kind, String key) {
        example = example.isEmpty() ? key : example;
        count(lookAlikes, kind);
    }

    private static void count(Map<String, Long> kinds, String kind) {
        kinds.merge(kinds.containsKey(kind) || kinds.size() < MOST_KINDS ? kind : OTHERS, 1L, Long::sum);
    }

    /** Whether some of the files may be data that a person wants. */
    public synchronized boolean hasLookAlikes() {
        return !lookAlikes.isEmpty();
    }

    /** A summary in one or two sentences; empty if nothing was left out. */
    @Override
    public synchronized String toString() {
        StringBuilder text = new StringBuilder();
        if (!hidden.isEmpty()) {
            text.append("Hidden by their names and left out: %s.".formatted(counts(hidden)));
        }
        if (!lookAlikes.isEmpty()) {
            text.append(text.isEmpty() ? "" : " ")
                    .append("Left out, because only names that end with .parquet are read: %s, such as %s; rename them."
                            .formatted(counts(lookAlikes), example));
        }
        return text.toString();
    }

    private static String counts(Map<String, Long> kinds) {
        return kinds.entrySet().stream()
                .map(kind -> kind.getKey() + " (" + kind.getValue() + ")")
                .collect(Collectors.joining(", "));
    }
}
