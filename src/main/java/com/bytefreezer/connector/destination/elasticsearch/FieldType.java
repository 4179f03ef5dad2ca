package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Which values the types of Elasticsearch's fields refuse. Knows the common types; the others take everything here. */
final class FieldType {
    private static final Map<String, BigDecimal[]> WHOLE = Map.of(
            "byte", range("-128", "127"),
            "short", range("-32768", "32767"),
            "integer", range("-2147483648", "2147483647"),
            "long", range("-9223372036854775808", "9223372036854775807"),
            "unsigned_long", range("0", "18446744073709551615"));
    private static final Set<String> FRACTIONS = Set.of("double", "float", "half_float", "scaled_float");
    private static final Set<String> TEXTS = Set.of(
            "text", "keyword", "wildcard", "match_only_text", "search_as_you_type", "version", "constant_keyword");
    private static final Set<String> SCALARS = Set.of("boolean", "date", "date_nanos", "ip", "binary", "token_count");
    /** Lucene refuses a longer term. */
    private static final int LONGEST_TERM_BYTES = 32_766;

    private static final int EXCERPT = 40;

    private static final String USUAL_DATES = "strict_date_optional_time||epoch_millis";
    private static final Pattern ISO_DATE = Pattern.compile(
            "-?\\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?(T([01]\\d|2[0-4])(:[0-5]\\d(:[0-5]\\d([.,]\\d{1,9})?)?)?)?(Z|[+-]\\d{2}(:?\\d{2})?)?");
    private static final Pattern EPOCH = Pattern.compile("-?\\d+(\\.\\d+)?");
    private static final Pattern NAMED_FORMAT = Pattern.compile("[a-z]+(_[a-z]+)+|date|hour|year|epoch");
    private static final Pattern BYTE = Pattern.compile("25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d");
    private static final Pattern IPV4 = Pattern.compile("((%1$s)\\.){3}(%1$s)".formatted(BYTE));
    private static final Pattern MAYBE_IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private FieldType() {}

    private static BigDecimal[] range(String least, String most) {
        return new BigDecimal[] {new BigDecimal(least), new BigDecimal(most)};
    }

    /**
     * Why a field refuses a value.
     *
     * @param field its mapping, not that of an object
     * @param value neither null nor an array
     * @param lenient whether the field takes what is malformed
     * @return the end of a sentence; empty if it takes the value
     */
    static Optional<String> refusal(JsonNode field, JsonNode value, boolean lenient) {
        String type = field.path("type").asText();
        if (type.equals("alias")) {
            return Optional.of("it is an alias of another field, which takes no value");
        }
        boolean fits = value.isObject()
                ? !isScalar(type)
                : takes(type, field, value) || (lenient && isScalar(type) && !TEXTS.contains(type));
        return fits ? Optional.empty() : Optional.of("its type %s does not take %s".formatted(type, shown(value)));
    }

    private static boolean isScalar(String type) {
        return WHOLE.containsKey(type) || FRACTIONS.contains(type) || TEXTS.contains(type) || SCALARS.contains(type);
    }

    /** @param value not an object */
    private static boolean takes(String type, JsonNode field, JsonNode value) {
        String text = value.asText();
        if (WHOLE.containsKey(type) || FRACTIONS.contains(type)) {
            return !value.isBoolean()
                    && isNumber(type, text, field.path("coerce").asBoolean(true), value.isTextual());
        }
        return switch (type) {
            case "boolean" ->
                value.isBoolean()
                        || (value.isTextual() && Set.of("true", "false", "").contains(text));
            case "date", "date_nanos" ->
                !value.isBoolean() && isDate(text, field.path("format").asText(USUAL_DATES));
            case "ip" -> value.isTextual() && isAddress(text);
            case "keyword" ->
                text.getBytes(StandardCharsets.UTF_8).length <= LONGEST_TERM_BYTES
                        || text.length() > field.path("ignore_above").asInt(Integer.MAX_VALUE);
            case "constant_keyword" ->
                !field.has("value") || field.path("value").asText().equals(text);
            case "flattened", "flat_object" -> false;
            default -> true;
        };
    }

    private static boolean isNumber(String type, String text, boolean coerce, boolean isText) {
        if (isText && (!coerce || text.isEmpty())) {
            return coerce;
        }
        try {
            BigDecimal number = new BigDecimal(text);
            BigDecimal[] range = WHOLE.get(type);
            return range == null
                    || ((coerce || number.stripTrailingZeros().scale() <= 0)
                            && number.toBigInteger().compareTo(range[0].toBigInteger()) >= 0
                            && number.toBigInteger().compareTo(range[1].toBigInteger()) <= 0);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Formats that it does not know take everything. */
    static boolean isDate(String text, String formats) {
        for (String format : formats.split("\\|\\|")) {
            if (isWritten(text, format)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWritten(String text, String pattern) {
        if (pattern.contains("date_optional_time")) {
            return ISO_DATE.matcher(text).matches();
        }
        if (pattern.startsWith("epoch_")) {
            return EPOCH.matcher(text).matches();
        }
        if (NAMED_FORMAT.matcher(pattern).matches()) {
            return true;
        }
        DateTimeFormatter format;
        try {
            format = DateTimeFormatter.ofPattern(pattern);
        } catch (IllegalArgumentException e) {
            return true;
        }
        try {
            TemporalAccessor unused = format.parse(text);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static boolean isAddress(String text) {
        if (IPV4.matcher(text).matches()) {
            return true;
        }
        try {
            // A text with a colon and nothing but digits is never looked up.
            return MAYBE_IPV6.matcher(text).matches() && InetAddress.getByName(text) != null;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** A value, as part of a sentence. */
    static String shown(JsonNode value) {
        String text = value.asText();
        String excerpt = PlainText.answer(text.length() <= EXCERPT ? text : text.substring(0, EXCERPT) + "…");
        return switch (value.getNodeType()) {
            case OBJECT -> "an object";
            case BOOLEAN -> "a boolean";
            case NUMBER -> "the number " + excerpt;
            default -> "the text \"%s\"".formatted(excerpt);
        };
    }
}
