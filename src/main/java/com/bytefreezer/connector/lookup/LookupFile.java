package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.problem.ConnectorException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file that may be a lookup.
 *
 * @param file its name in the folder
 * @param place where it is, for messages
 * @param state another one whenever the content changes
 * @param problem why it cannot be read; null if no problem is known
 */
record LookupFile(
        String file, String place, String state, @Nullable String problem) {
    private static final Pattern FILE =
            Pattern.compile("(?<name>.*?)\\.(?<format>csv|parquet|ndjson)(?<packed>\\.(gz|zst|zip|bz2|xz))?");
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,63}");
    /** These names have a meaning in every query. */
    private static final List<String> TAKEN = List.of("events", "parquet_path");

    /** The format of the rows. */
    enum Format {
        CSV,
        PARQUET,
        NDJSON
    }

    /** Whether a file with this name is a lookup, usable or not. */
    static boolean isOne(String file) {
        return !file.startsWith(".") && FILE.matcher(lower(file)).matches();
    }

    /** Whether a lookup may have this name, in lower case. */
    static boolean isName(String name) {
        return NAME.matcher(name).matches() && !TAKEN.contains(name);
    }

    /** Its name in queries, in lower case. */
    String name() {
        return matcher().group("name");
    }

    Format format() {
        return Format.valueOf(matcher().group("format").toUpperCase(Locale.ROOT));
    }

    /**
     * The content of the file, without the packing that its name tells of.
     *
     * @param bytes of the file
     */
    InputStream unpacked(InputStream bytes) throws IOException {
        return switch (packing()) {
            case "" -> bytes;
            case ".gz" -> new GZIPInputStream(bytes);
            case ".zst" -> zstandard(bytes);
            default -> throw new IllegalStateException(file);
        };
    }

    private static InputStream zstandard(InputStream bytes) throws IOException {
        try {
            return new ZstdInputStream(bytes);
        } catch (LinkageError e) {
            throw new BrokenLookup(".zst cannot be read here (%s). Unpack it, or use .gz".formatted(e));
        }
    }

    private String packing() {
        String packed = matcher().group("packed");
        return packed == null ? "" : packed;
    }

    /** The problem with its name or its place, as the end of a message; null if there is none. */
    @Nullable
    String problemOfFile() {
        if (!isName(name())) {
            return TAKEN.contains(name())
                    ? "the name %s has a meaning of its own. Rename the file".formatted(name())
                    : "a lookup's name has only ASCII letters, digits and _. Rename the file";
        }
        if (!(format() == Format.PARQUET ? Set.of("") : Set.of("", ".gz", ".zst")).contains(packing())) {
            return "%s is not read. Unpack it, or use .gz or .zst with CSV or NDJSON".formatted(packing());
        }
        return problem;
    }

    /** The failure to read it. */
    ConnectorException broken(String what, @Nullable Throwable cause) {
        return new ConnectorException(
                "lookup %s (%s): %s.".formatted(name(), place, what),
                "Exports that use it wait; others continue.",
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
