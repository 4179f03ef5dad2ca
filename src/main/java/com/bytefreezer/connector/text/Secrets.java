package com.bytefreezer.connector.text;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows the secret values of this process and takes them out of any text that leaves it, in whatever form others repeat
 * them. What is secret, {@link SecretValues} says. Safe for use by several threads.
 */
public final class Secrets {
    /** Shorter values would take apart ordinary words. */
    public static final int SHORTEST = 4;

    private static final int MOST_PASSING = 100;

    private static final Secrets OF_PROCESS = new Secrets();

    /** Each with how many need it. */
    private final Map<String, Known> values = new ConcurrentHashMap<>();

    private final Queue<String> passing = new ArrayDeque<>();

    private record Known(SecretForms forms, int users) {
        private Known with(int more) {
            return new Known(forms, users + more);
        }
    }

    /** Those of the running program: whatever is told, logged or kept in this process is without them. */
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

    /** From now on {@code value} is masked, unless it is shorter than {@link #SHORTEST}. */
    public void add(String value) {
        if (value.length() >= SHORTEST) {
            values.compute(
                    value, (same, known) -> known == null ? new Known(new SecretForms(value), 1) : known.with(1));
        }
    }

    /** The same for the value of {@code Name: value}, whatever its name. */
    public void addHeader(String header) {
        SecretValues.ofHeader(header).forEach(this::add);
    }

    /** The same for keys that others make anew from time to time: the newest hundred are masked. */
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

    /** Takes back one {@link #add}: {@code value} is masked until nobody needs it. */
    public void remove(String value) {
        values.computeIfPresent(value, (same, known) -> known.users() == 1 ? null : known.with(-1));
    }

    /**
     * {@code text} with every secret value, and the user part and secret parameters of every URL, as asterisks. To be
     * called before anything is cut off: of half a secret nobody knows that it is one.
     */
    public String mask(String text) {
        BitSet hidden = found(text);
        SecretValues.findInUrls(text, hidden);
        return without(hidden, text);
    }

    /** The same, but of URLs only what is known as a secret: of text that is not the connector's to change otherwise. */
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
