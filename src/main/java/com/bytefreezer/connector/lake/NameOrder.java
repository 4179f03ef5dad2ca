package com.bytefreezer.connector.lake;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Checks that the names of a listing are in order, so that none comes twice: in byte order, as in S3, or folder by
 * folder, as servers do that store objects as files. For one thread.
 */
final class NameOrder {
    private @Nullable String last;
    private boolean byBytes = true;
    private boolean byFolders = true;

    /** Whether {@code name} may come next. */
    boolean follows(String name) {
        if (last != null) {
            byBytes = byBytes && compare(last, name) < 0;
            byFolders = byFolders && compare(asFolders(last), asFolders(name)) < 0;
        }
        last = name;
        return byBytes || byFolders;
    }

    /** The latest name; empty if there was none, or if it does not determine what comes next. */
    Optional<String> last() {
        return byBytes ? Optional.ofNullable(last) : Optional.empty();
    }

    /** As {@link #last} for a folder: what comes after all of its content. */
    Optional<String> lastBelow() {
        return last().map(folder -> folder.substring(0, folder.length() - 1) + (char) ('/' + 1));
    }

    /** The later of two names, if any. */
    static Optional<String> later(Optional<String> one, Optional<String> other) {
        return Stream.of(one, other).flatMap(Optional::stream).max(NameOrder::compare);
    }

    private static int compare(String one, String other) {
        return Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private static String asFolders(String name) {
        return name.replace('/', '\0');
    }
}
