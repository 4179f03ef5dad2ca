package com.bytefreezer.connector.http;

import com.bytefreezer.connector.problem.ApiException;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpUtils;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request, read once and unambiguously, for the decision about it. Its path is the one that the router looks up,
 * because a path that the router would change is refused; so is anything ambiguous.
 *
 * @param path as sent, which is also how the router sees it
 * @param name the requested host, in lower case, without the port
 * @param port the requested port, as text; with mapped ports, this server's port may differ
 * @param foreign whether a page of another site sent it
 * @param fromProgram whether its origin is a program or this machine, and so no page of another site
 * @param hasBody whether it has a body
 * @param type the media type of the body, in lower case, without parameters
 * @param bearer its bearer token
 * @param linked the token in the address
 * @param cookies the browser's values for this server's cookie
 */
record Request(
        HttpMethod method,
        String path,
        String name,
        String port,
        boolean foreign,
        boolean fromProgram,
        boolean hasBody,
        Optional<String> type,
        Optional<String> bearer,
        Optional<String> linked,
        List<String> cookies) {
    /**
     * Browsers ignore the port of a cookie, so each port has its own name; connectors on one machine do not interfere.
     */
    private static final String COOKIE = "connector-token-";

    private static final Pattern HOST = Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::([0-9]{1,5}))?");
    /** {@code http://localhost:6274} of a program's own page, {@code vscode-file://vscode-app} of an editor. */
    private static final Pattern OF_PROGRAM = Pattern.compile(
            "https?://(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]{1,5})?|(?!https?:|null$)[a-z][a-z0-9+.-]*://[^/]*",
            Pattern.CASE_INSENSITIVE);
    /** Characters allowed in a path besides letters, digits and encoded characters. */
    private static final String IN_PATH = "/-._~!$&'()*+,=:@";

    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
    private static final String BEARER = "bearer ";

    /** @throws ApiException if it is ambiguous */
    static Request of(HttpServerRequest raw) {
        MultiMap headers = raw.headers();
        if (headers.contains("Transfer-Encoding")) {
            throw ApiException.withoutLength("The request needs a Content-Length; Transfer-Encoding is not supported.");
        }
        Matcher host = HOST.matcher(one(headers, "Host").orElse(""));
        if (!host.matches()) {
            throw ApiException.wrong("The request needs exactly one Host.");
        }
        String path = path(raw.uri());
        boolean hasBody = one(headers, "Content-Length")
                .filter(length -> !length.matches("0+"))
                .isPresent();
        String port = host.group(2) == null ? "80" : host.group(2);
        return new Request(
                raw.method(),
                path,
                host.group(1).toLowerCase(Locale.ROOT),
                port,
                isForeign(headers, host.group()),
                headers.getAll("Origin").stream()
                        .allMatch(origin -> OF_PROGRAM.matcher(origin).matches()),
                hasBody,
                one(headers, "Content-Type")
                        .map(type -> type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT)),
                one(headers, "Authorization")
                        .filter(shown -> shown.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                        .map(shown -> shown.substring(BEARER.length()).strip()),
                linked(raw),
                cookies(headers, COOKIE + port));
    }

    /** Whether it is read-only. */
    boolean reads() {
        return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    }

    /** The name of the cookie for {@link #cookies}. */
    String cookie() {
        return COOKIE + port;
    }

    /** Refuses an absolute URL, {@code *}, and a path that means another path. */
    private static String path(String uri) {
        int question = uri.indexOf('?');
        String path = question < 0 ? uri : uri.substring(0, question);
        boolean plain = path.startsWith("/")
                && path.chars().allMatch(Request::mayBeInPath)
                && (question < 0
                        || uri.substring(question).chars().allMatch(sign -> sign > ' ' && sign < 127 && sign != '#'))
                && isEncodedWell(path);
        if (!plain || !HttpUtils.normalizePath(path).equals(path)) {
            throw ApiException.wrong("The path of the request is not in normal form.");
        }
        return path;
    }

    private static boolean mayBeInPath(int sign) {
        return sign == '%'
                || (sign >= '0' && sign <= '9')
                || (sign >= 'A' && sign <= 'Z')
                || (sign >= 'a' && sign <= 'z')
                || IN_PATH.indexOf(sign) >= 0;
    }

    /** Whether an encoded character is a valid byte and not a control character. */
    private static boolean isEncodedWell(String path) {
        for (int at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 3)) {
            int high = at + 2 < path.length() ? Character.digit(path.charAt(at + 1), 16) : -1;
            int low = at + 2 < path.length() ? Character.digit(path.charAt(at + 2), 16) : -1;
            int sign = high * 16 + low;
            if (high < 0 || low < 0 || sign < ' ' || sign == 127) {
                return false;
            }
        }
        return true;
    }

    /** Browsers name the origin of a request, other clients do not. A proxy may add TLS. */
    private static boolean isForeign(MultiMap headers, String host) {
        return headers.getAll("Origin").stream()
                        .anyMatch(origin -> !origin.equalsIgnoreCase("http://" + host)
                                && !origin.equalsIgnoreCase("https://" + host))
                || headers.getAll("Sec-Fetch-Site").stream()
                        .anyMatch(site -> !OWN_SITE.contains(site.strip().toLowerCase(Locale.ROOT)));
    }

    private static Optional<String> linked(HttpServerRequest raw) {
        try {
            return Optional.ofNullable(raw.getParam("token"));
        } catch (IllegalArgumentException e) {
            throw ApiException.wrong("The query of the request cannot be read.");
        }
    }

    /** All cookies of that name: other servers on the machine may set some too. */
    private static List<String> cookies(MultiMap headers, String name) {
        return headers.getAll("Cookie").stream()
                .flatMap(header -> ServerCookieDecoder.STRICT.decodeAll(header).stream())
                .filter(cookie -> cookie.name().equals(name))
                .map(Cookie::value)
                .toList();
    }

    private static Optional<String> one(MultiMap headers, String name) {
        List<String> values = headers.getAll(name);
        if (values.size() > 1) {
            throw ApiException.wrong("The request has several headers %s.".formatted(name));
        }
        return values.stream().findFirst();
    }
}
