package com.bytefreezer.connector.config;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Knows the secret values of this process and takes them out of any text that leaves it. Safe for use by several
 * threads.
 *
 * <p>A setting is secret when its name ends in one of the words that Camel masks too: token, password, api-key,
 * access-key, secret-key.
 */
public final class Secrets {
    private static final Pattern SECRET_NAME = Pattern.compile(".*(token|password|api-key|access-key|secret-key)");
    private static final Pattern SECRET_HEADER = Pattern.compile("(?i)authorization|cookie|.*(token|secret|api-?key)");
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/@\\s]+@");
    /** Shorter values would take apart ordinary words. */
    private static final int SHORTEST = 4;

    private final Set<String> values = ConcurrentHashMap.newKeySet();

    /** Whether the value of the setting {@code name} must not be shown. */
    public static boolean isSecret(String name) {
        return SECRET_NAME.matcher(name).matches();
    }

    /** Whether the value of the HTTP header {@code name} must not be shown. */
    public static boolean isSecretHeader(String name) {
        return SECRET_HEADER.matcher(name).matches();
    }

    /** From now on {@code value} is masked. */
    public void add(String value) {
        if (value.length() >= SHORTEST) {
            values.add(value);
        }
    }

    /** {@code text} with every secret value, and the user part of every URL, replaced by asterisks. */
    public String mask(String text) {
        String masked = USER_INFO.matcher(text).replaceAll("***@");
        for (String value : values) {
            masked = masked.replace(value, "***");
        }
        return masked;
    }
}
