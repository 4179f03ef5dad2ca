package com.bytefreezer.connector.text;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows the secret values of this process and removes them from any text that leaves it, in whatever form others repeat
 * them. {@link SecretValues} decides what is secret. Safe for use by several threads.
 */
public final class Secrets {
    /** Shorter values would break up ordinary words. */
    public static final int SHORTEST = 4;

    private static final int MOST_PASSING = 100;

    private static final Secrets OF_PROCESS = new Secrets();

    /** Each with the number of its users. */
    private final Map<String, Known> values = new ConcurrentHashMap<>();

    private final Queue<String> passing = new ArrayDeque<>();

    private record Known(SecretForms forms, int users) {
        private Known with(int more) {
            return new Known(forms, users + more);
        }
    }

    /** The secrets of the running program: nothing that is shown, logged or stored in this process contains them. */
    public static Secrets ofProcess() {
        return OF_PROCESS;
    }

    /** Whether the value of the setting {@code name} must not be shown. */
    public static boolean isSecret(String name) {
        return SecretValues.isSetting(name);
    }

    /** Whether the value of the HTTP header {@code name} must not be shown. */
    public static boolean isSecretHeader(String name) {
        return SecretValues.isHeader(name);
    }

    /** Masks {@code value} from now on, unless it is shorter than {@link #SHORTEST}. */
    public void add(String value) {
        if (value.length() >= SHORTEST) {
            values.compute(
                    value, (same, known) -> known == null ? new Known(new SecretForms(value), 1) : known.with(1));
        }
    }

    /** As above, for the value of {@code Name: value}, whatever its name. */
    public void addHeader(String header) {
        SecretValues.ofHeader(header).forEach(this::add);
    }

    /** As above, for keys that others replace from time to time: the newest hundred are masked. */
    public void addPassing(String value) {
        synchronized (passing) {
            if (passing.remove(value)) {
                passing.add(value);
                return;
            }
            passing.add(value);
            add(value);
            if (passing.size() > MOST_PASSING) {
                remove(passing.remove());
            }
        }
    }

    /** Undoes one {@link #add}: {@code value} is masked until it has no users. */
    public void remove(String value) {
        values.computeIfPresent(value, (same, known) -> known.users() == 1 ? null : known.with(-1));
    }

    /**
     * {@code text} with every secret value, and the user part and secret parameters of every URL, as asterisks. Call
     * this before shortening: half a secret is not recognized.
     */
    public String mask(String text) {
        BitSet hidden = found(text);
        SecretValues.findInUrls(text, hidden);
        return without(hidden, text);
    }

    /** As above, but masks only known secrets in URLs: for text that the connector must not change otherwise. */
    public String maskValues(String text) {
        return without(found(text), text);
    }

    private BitSet found(String text) {
        BitSet hidden = new BitSet(text.length());
        values.values().forEach(known -> known.forms().find(text, hidden));
        return hidden;
    }

    private static String without(BitSet hidden, String text) {
        if (hidden.isEmpty()) {
            return text;
        }
        StringBuilder masked = new StringBuilder();
        int shown = 0;
        for (int from = hidden.nextSetBit(0); from >= 0; from = hidden.nextSetBit(shown)) {
            masked.append(text, shown, from).append("***");
            shown = hidden.nextClearBit(from);
        }
        return masked.append(text, shown, text.length()).toString();
    }
}
