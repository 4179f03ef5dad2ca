package com.bytefreezer.connector.text;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Decides what is secret in the settings. The word {@code secret} in a setting's line in the head of a route file marks
 * it, whatever its name and value are. Otherwise the setting's name decides, the names of headers and URL parameters,
 * and values in URLs that look random.
 */
public final class SecretValues {
    /** The words that Camel masks too. */
    private static final Pattern SETTING = Pattern.compile(".*(token|password|api-key|access-key|secret-key)");

    private static final Pattern HEADER = Pattern.compile(
            "(?i).*(auth(?!or$)|cookie|token|secret|passw|signature|credential|session|x-api-(?!version)|(?<!idempotency-)key).*");
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)([^/?#\\s]+)@");
    private static final Pattern PARAMETER = Pattern.compile(
            "(?i)(?<=[?&])[^=&?\\s]{0,100}(?:token|key|secret|passw(?:or)?d|signature|credential|sig|code|auth|session|jwt)=([^&#\\s\"'):,]+)");
    /** Paths that are sufficient to post: of Slack, Teams, Discord and similar services. */
    private static final Pattern PATH =
            Pattern.compile("/(?:services|webhookb2|api/webhooks|hooks|webhooks)/([^?#\\s\"']*[^?#\\s\"'/):,.])");

    private static final Pattern RANDOM = Pattern.compile("(?=.*[0-9])(?=.*[A-Za-z])[\\w~-]{20,}");
    private static final Pattern AFTER_HOST = Pattern.compile("^[a-zA-Z0-9+.:-]+://[^/?#]*(.*)$", Pattern.DOTALL);
    /** A shorter part of a header could be an ordinary word. */
    private static final int SHORTEST_PART = 8;

    private SecretValues() {}

    static boolean isSetting(String name) {
        return SETTING.matcher(name).matches();
    }

    static boolean isHeader(String name) {
        return HEADER.matcher(name).matches();
    }

    /** The secrets of {@code settings}; the {@code marked} ones are always secret. */
    public static Set<String> in(Map<String, String> settings, Set<String> marked) {
        Set<String> secrets = new LinkedHashSet<>();
        settings.forEach((name, value) -> {
            boolean whole = marked.contains(name) || isSetting(name);
            if (name.endsWith(".headers")) {
                value.lines()
                        .filter(line ->
                                whole || isHeader(line.replaceFirst(":.*", "").strip()))
                        .forEach(line -> secrets.addAll(ofHeader(line)));
            } else if (value.contains("://")) {
                // A server may repeat them in its answer.
                Stream.of(value.split(",", -1)).forEach(url -> addUrl(url.strip(), whole, secrets));
            } else if (whole) {
                secrets.add(value);
            }
        });
        return secrets;
    }

    /** Sets the bits of the secrets in the URLs of any {@code text}, known or not. */
    static void findInUrls(String text, BitSet hidden) {
        Stream.of(USER_INFO, PARAMETER)
                .flatMap(pattern -> pattern.matcher(text).results())
                .forEach(found -> hidden.set(found.start(1), found.end(1)));
    }

    private static void addUrl(String url, boolean whole, Set<String> secrets) {
        USER_INFO
                .matcher(url)
                .results()
                .forEach(found -> addDecoded(found.group(1).replaceFirst("^[^:]*:", ""), secrets));
        PARAMETER.matcher(url).results().forEach(found -> addDecoded(found.group(1), secrets));
        PATH.matcher(url).results().forEach(found -> addDecoded(found.group(1), secrets));
        Matcher parts = AFTER_HOST.matcher(url);
        String rest = parts.matches() ? parts.group(1) : "";
        String[] segments = rest.split("[/?&=#]", -1);
        Stream.of(segments).filter(part -> RANDOM.matcher(part).matches()).forEach(part -> addDecoded(part, secrets));
        if (whole) {
            addDecoded(rest.replaceFirst("^/", ""), secrets);
            addDecoded(segments[segments.length - 1], secrets);
        }
    }

    private static void addDecoded(String value, Set<String> secrets) {
        secrets.add(value);
        try {
            secrets.add(URLDecoder.decode(value, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            // An unescaped percent sign: there is no other form.
            return;
        }
    }

    /** The secrets in the value of {@code Name: value}. */
    static Set<String> ofHeader(String header) {
        Set<String> secrets = new LinkedHashSet<>();
        String value = header.substring(header.indexOf(':') + 1).strip();
        addDecoded(value, secrets);
        // Without "Bearer" or similar.
        secrets.add(value.substring(value.lastIndexOf(' ') + 1));
        Stream.of(value.split("[\\s,;=\"]+"))
                .filter(part -> part.length() >= SHORTEST_PART)
                .forEach(secrets::add);
        if (value.regionMatches(true, 0, "Basic ", 0, 6)) {
            addLogin(value.substring(6).strip(), secrets);
        }
        return secrets;
    }

    /** The password from a name and a password in base64. */
    private static void addLogin(String encoded, Set<String> secrets) {
        try {
            String login = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            secrets.add(login.substring(login.indexOf(':') + 1));
        } catch (IllegalArgumentException e) {
            // Not base64: only the value itself.
            return;
        }
    }
}
