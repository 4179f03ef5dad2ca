package com.bytefreezer.connector.lake;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether the names of a listing come one after the other, so that none comes twice: by their bytes, as in S3, or folder by
 * folder, as servers list that keep objects as files. For one thread.
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

    /** The latest name; empty when there was none, or when it does not tell what comes after it. */
    Optional<String> last() {
        return byBytes ? Optional.ofNullable(last) : Optional.empty();
    }

    /** As {@link #last} for a folder: what comes after all that is in it. */
    Optional<String> lastBelow() {
        return last().map(folder -> folder.substring(0, folder.length() - 1) + (char) ('/' + 1));
    }

    /** The later of two names, where there are any. */
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
