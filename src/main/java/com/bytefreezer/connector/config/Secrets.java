package com.bytefreezer.connector.config;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Knows the secret values of this process and takes them out of any text that leaves it. Safe for use by several
 * threads.
 *
 * <p>A setting is secret when its name ends in one of the words that Camel masks too: token, password, api-key,
 * access-key, secret-key.
 */
public final class Secrets {
    private static final Pattern SECRET_NAME = Pattern.compile(".*(token|password|api-key|access-key|secret-key)");
    private static final Pattern SECRET_HEADER =
            Pattern.compile("(?i).*(auth|authorization|cookie|token|secret|password|signature|(?<!idempotency-)key)");
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/?#\\s]+@");
    private static final Pattern URL_PARAMETER = Pattern.compile(
            "(?i)(?<=[?&])([^=&\\s]*(?:token|key|secret|password|signature|credential|sig)=)[^&#\\s\"'):,]+");
    /** Shorter values would take apart ordinary words. */
    private static final int SHORTEST = 4;

    /** Each with how many need it. */
    private final Map<String, Integer> values = new ConcurrentHashMap<>();

    /** Whether the value of the setting {@code name} must not be shown. */
    public static boolean isSecret(String name) {
        return SECRET_NAME.matcher(name).matches();
    }

    /** Whether the value of the HTTP header {@code name} must not be shown. */
    public static boolean isSecretHeader(String name) {
        return SECRET_HEADER.matcher(name).matches();
    }

    /** The secrets in the URLs of {@code text}: passwords, and the values of parameters that are named like secrets. */
    static List<String> inUrls(String text) {
        return Stream.concat(
                        USER_INFO.matcher(text).results().map(found -> found.group()
                                .replaceFirst("^[^:]*:", "")
                                .replaceFirst("@$", "")),
                        URL_PARAMETER.matcher(text).results().map(found -> found.group()
                                .substring(found.group(1).length())))
                .toList();
    }

    /** From now on {@code value} is masked. */
    public void add(String value) {
        if (value.length() >= SHORTEST) {
            values.merge(value, 1, Integer::sum);
        }
    }

    /** Takes back one {@link #add}: {@code value} is masked until nobody needs it. */
    public void remove(String value) {
        values.computeIfPresent(value, (same, users) -> users == 1 ? null : users - 1);
    }

    /** {@code text} with every secret value, and the user part and secret parameters of every URL, as asterisks. */
    public String mask(String text) {
        String masked = text;
        // The longest first, since one secret may be part of another.
        for (String value : longestFirst()) {
            masked = masked.replace(value, "***");
        }
        masked = USER_INFO.matcher(masked).replaceAll("***@");
        return URL_PARAMETER.matcher(masked).replaceAll("$1***");
    }

    private List<String> longestFirst() {
        return values.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }
}
