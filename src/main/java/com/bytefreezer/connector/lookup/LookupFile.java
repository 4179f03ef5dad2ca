package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.problem.ConnectorException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file that may be a lookup.
 *
 * @param file its name in the folder
 * @param place where it is, for messages
 * @param state changes with its content
 * @param problem why it cannot be read; null while nothing is known against it
 */
record LookupFile(
        String file, String place, String state, @Nullable String problem) {
    private static final Pattern FILE =
            Pattern.compile("(?<name>.*?)\\.(?<format>csv|parquet|ndjson)(?<packed>\\.(gz|zst|zip|bz2|xz))?");
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,63}");
    /** They have a meaning in every query. */
    private static final List<String> TAKEN = List.of("events", "parquet_path");

    /** How the rows are written. */
    enum Format {
        CSV,
        PARQUET,
        NDJSON
    }

    /** Whether a file's name is one of a lookup, good or bad. */
    static boolean isOne(String file) {
        return !file.startsWith(".") && FILE.matcher(lower(file)).matches();
    }

    /** Whether a name, in small letters, may be a lookup's. */
    static boolean isName(String name) {
        return NAME.matcher(name).matches() && !TAKEN.contains(name);
    }

    /** By which queries know it, in small letters. */
    String name() {
        return matcher().group("name");
    }

    Format format() {
        return Format.valueOf(matcher().group("format").toUpperCase(Locale.ROOT));
    }

    boolean isGzipped() {
        return ".gz".equals(matcher().group("packed"));
    }

    /** What is wrong with its name or its place, as an end of a message; null: nothing. */
    @Nullable
    String problemOfFile() {
        String packed = matcher().group("packed");
        if (!isName(name())) {
            return TAKEN.contains(name())
                    ? "the name %s has a meaning of its own. Rename the file".formatted(name())
                    : "a lookup's name has small or capital letters of ASCII, digits and _ only. Rename the file";
        }
        if (packed != null && (!isGzipped() || format() == Format.PARQUET)) {
            return "%s is not read. Unpack it, or use .csv.gz or .ndjson.gz".formatted(packed);
        }
        return problem;
    }

    /** That it cannot be read. */
    ConnectorException broken(String what, @Nullable Throwable cause) {
        return new ConnectorException(
                "lookup %s (%s): %s.".formatted(name(), place, what),
                "Exports that use it wait; others go on.",
                "",
                cause);
    }

    private Matcher matcher() {
        Matcher matcher = FILE.matcher(lower(file));
        if (!matcher.matches()) {
            throw new IllegalStateException(file);
        }
        return matcher;
    }

    private static String lower(String file) {
        return file.toLowerCase(Locale.ROOT);
    }
}
