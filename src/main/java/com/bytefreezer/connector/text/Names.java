package com.bytefreezer.connector.text;

import java.util.regex.Pattern;

/** The rules for names in requests, settings, route files, folders of a lake and answers of the control plane. */
public final class Names {
    private static final Pattern OF_DATASET = Pattern.compile("[^/\\\\{}\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,255}");
    private static final Pattern OF_ROUTE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

    private static final Pattern OF_DEVICE = Pattern.compile("(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])([.].*)?");

    private Names() {}

    /**
     * Whether {@code text} may name a tenant or a dataset: it becomes a part of paths and URLs, and must lead nowhere
     * else. Without braces, because {@code lake.layout} uses them for names.
     */
    public static boolean isOfDataset(String text) {
        return OF_DATASET.matcher(text).matches()
                && text.equals(text.strip())
                && !text.chars().allMatch(character -> character == '.');
    }

    /** Whether {@code text} may name an export or a destination: it becomes a part of routes' addresses. */
    public static boolean isOfRoute(String text) {
        return OF_ROUTE.matcher(text).matches();
    }

    /** Whether Windows takes a file with this name for a device. */
    public static boolean isOfDevice(String text) {
        return OF_DEVICE.matcher(text).matches();
    }
}
