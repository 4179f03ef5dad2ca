package com.bytefreezer.connector.delivery;

import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A setting of a destination in which {@code {tenant}} and {@code {dataset}} stand for those of the records. Others
 * choose these names: each place decides their form, and nothing evaluates their content. Immutable.
 */
public final class DatasetText {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{(tenant|dataset)}");
    /** In headers: everything except printable ASCII, and the character that starts an escape. */
    private static final Pattern NOT_IN_A_HEADER = Pattern.compile("[^ -~]|%");

    private static final Pattern NOT_IN_A_URL = Pattern.compile("[^A-Za-z0-9._~-]");

    private final String text;
    private final UnaryOperator<String> form;
    private final boolean fixed;

    /** @param form the form of a name in this place */
    public DatasetText(String text, UnaryOperator<String> form) {
        this.text = text;
        this.form = form;
        fixed = isFixed(text);
    }

    /** Whether {@code text} is the same for all datasets. */
    public static boolean isFixed(String text) {
        return !PLACEHOLDER.matcher(text).find();
    }

    /** Whether it is the same for all datasets. */
    public boolean isFixed() {
        return fixed;
    }

    /** The text for the records of a dataset. */
    public String of(String tenant, String dataset) {
        return fixed ? text : in(text, tenant, dataset, form);
    }

    /** {@code text} for the records of a dataset. */
    public static String in(String text, String tenant, String dataset, UnaryOperator<String> form) {
        return PLACEHOLDER
                .matcher(text)
                .replaceAll(match ->
                        Matcher.quoteReplacement(form.apply(match.group(1).equals("tenant") ? tenant : dataset)));
    }

    /** A name in the path or the query of a URL. */
    public static String inUrl(String name) {
        return encoded(name, NOT_IN_A_URL);
    }

    /** A name in the value of an HTTP header. */
    static String inHeader(String name) {
        return encoded(name, NOT_IN_A_HEADER);
    }

    private static String encoded(String name, Pattern others) {
        StringBuilder encoded = new StringBuilder();
        name.codePoints().mapToObj(Character::toString).forEach(one -> {
            if (!others.matcher(one).matches()) {
                encoded.append(one);
                return;
            }
            for (byte part : one.getBytes(StandardCharsets.UTF_8)) {
                encoded.append("%%%02X".formatted(part));
            }
        });
        return encoded.toString();
    }
}
