package com.bytefreezer.connector.text;

import java.util.Collection;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Suggests what a misspelt name may mean. */
public final class Suggestion {
    private Suggestion() {}

    /** {@code " Did you mean …?"}, or an empty text if no known name is similar. */
    public static String of(String name, Collection<String> known) {
        int furthest = Math.max(2, name.length() / 4);
        LevenshteinDistance distance = new LevenshteinDistance(furthest);
        String nearest = null;
        int shortest = Integer.MAX_VALUE;
        for (String candidate : known) {
            int between = distance.apply(name, candidate);
            if (between >= 0 && between < shortest) {
                nearest = candidate;
                shortest = between;
            }
        }
        return nearest == null ? "" : " Did you mean " + nearest + "?";
    }
}
