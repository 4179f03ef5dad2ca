package com.bytefreezer.connector.text;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.net.URLEncoder;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    private final Secrets secrets = new Secrets();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "destination.webhook.token",
                "destination.webhook.password",
                "destination.webhook.key-password",
                "control.api-key",
                "s3.access-key",
                "s3.secret-key",
                "s3.session-token"
            })
    void aSettingThatEndsInASecretWordIsSecret(String name) {
        assertThat(Secrets.isSecret(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"query.sql", "destination.webhook.key-file", "destination.webhook.token-url", "s3.bucket"})
    void otherSettingsAreNot(String name) {
        assertThat(Secrets.isSecret(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "proxy-authorization",
                "Cookie",
                "X-Api-Key",
                "x-apikey",
                "X-Auth-Token",
                "X-Auth",
                "Client-Secret",
                "Authentication",
                "X-Api-Login",
                "Session-Id",
                "Ocp-Apim-Subscription-Key",
                "X-Signature"
            })
    void aHeaderThatCarriesCredentialsIsSecret(String name) {
        assertThat(Secrets.isSecretHeader(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Type", "X-Source", "Idempotency-Key", "Author", "X-Api-Version"})
    void otherHeadersAreNot(String name) {
        assertThat(Secrets.isSecretHeader(name)).isFalse();
    }

    @Test
    void everySecretIsMaskedAlsoWhenOneIsPartOfAnother() {
        secrets.add("abcd");
        secrets.add("abcdefgh");
        secrets.add("efgh-ijkl");
        assertThat(secrets.mask("1 abcdefgh 2 abcd 3 efgh-ijkl")).isEqualTo("1 *** 2 *** 3 ***");
    }

    @Test
    void aValueTooShortForASecretDoesNotTakeWordsApart() {
        secrets.add("abc");
        secrets.add("");
        assertThat(secrets.mask("abc of words")).isEqualTo("abc of words");
    }

    @ParameterizedTest
    @CsvSource({
        "https://me:word@host/path, https://***@host/path",
        "https://me:w@rd@host/path, https://***@host/path",
        "https://token@host, https://***@host",
        "https://host/a@b, https://host/a@b",
        "https://host?to=a@b.example, https://host?to=a@b.example",
        "https://host/hook?token=abc&x=1, https://host/hook?token=***&x=1",
        "https://host/hook?x=1&api_key=abc, https://host/hook?x=1&api_key=***",
        "\"GET https://host/?sig=a%2Fb: 403\", \"GET https://host/?sig=***: 403\"",
        "https://host/o?X-Amz-Signature=abc&X-Amz-Expires=9, https://host/o?X-Amz-Signature=***&X-Amz-Expires=9",
    })
    void theSecretPartsOfUrlsAreMasked(String text, String masked) {
        assertThat(secrets.mask(text)).isEqualTo(masked);
    }

    static Stream<UnaryOperator<String>> forms() {
        return Stream.of(
                form -> form,
                form -> URLEncoder.encode(form, UTF_8),
                form -> Pattern.compile("%..")
                        .matcher(URLEncoder.encode(form, UTF_8).replace("+", "%20"))
                        .replaceAll(found -> found.group().toLowerCase(Locale.ROOT)),
                form -> URLEncoder.encode(URLEncoder.encode(form, UTF_8), UTF_8),
                form -> new String(JsonStringEncoder.getInstance().quoteAsString(form)),
                form -> new String(JsonStringEncoder.getInstance()
                        .quoteAsString(
                                new String(JsonStringEncoder.getInstance().quoteAsString(form)))),
                form -> form.replace("/", "\\/"),
                SecretsTest::escaped,
                form -> form.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&#34;"),
                form -> new String(form.getBytes(UTF_8), ISO_8859_1),
                form -> base64(form, Base64.getEncoder()),
                form -> base64("ann:" + form, Base64.getEncoder()),
                form -> base64("ab:" + form, Base64.getEncoder().withoutPadding()),
                form -> base64("a:" + form, Base64.getUrlEncoder()),
                form -> URLEncoder.encode(base64("anna:" + form + "\n", Base64.getEncoder()), UTF_8),
                form -> base64(
                        "{\"login\":\"" + form + "\"}", Base64.getUrlEncoder().withoutPadding()));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void aSecretIsMaskedInEveryFormThatOthersGiveIt(UnaryOperator<String> form) {
        Random random = new Random(7);
        String signs = "abcdefgzXYZ0189-_.~!*'();:@&=+$,/?#[]%\"\\<> |^`{}€äß";
        for (int i = 0; i < 100; i++) {
            String secret = random.ints(4 + random.nextInt(30), 0, signs.length())
                    .mapToObj(signs::charAt)
                    .map(String::valueOf)
                    .collect(Collectors.joining())
                    .replaceAll("^[?]|^\\s|\\s$", "x");
            Secrets some = new Secrets();
            some.add(secret);
            String written = form.apply(secret);
            assertThat(some.mask("It was, " + written + ", of him"))
                    .as("%s as %s", secret, written)
                    .isIn(
                            "It was, ***, of him",
                            "It was, ***=, of him",
                            "It was, ***%0A, of him",
                            "It was, ***%3D, of him",
                            "It was, ***%3D%3D, of him");
            some.remove(secret);
            assertThat(some.mask(written)).isEqualTo(new Secrets().mask(written));
        }
    }

    @Test
    void secretsThatOverlapAreMaskedToTheirEnds() {
        secrets.add("abcdefgh");
        secrets.add("efgh-ijkl");
        assertThat(secrets.mask("1 abcdefgh-ijkl 2")).isEqualTo("1 *** 2");
    }

    @Test
    void keysThatOthersRenewAreForgottenInTheEnd() {
        for (int i = 0; i < 200; i++) {
            secrets.addPassing("key-" + (1000 + i));
            secrets.addPassing("key-for-ever");
        }
        assertThat(secrets.mask("key-1000 key-1199 key-for-ever")).isEqualTo("key-1000 *** ***");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https://hook.example/services/T1/B2/xyZw | T1/B2/xyZw",
                "https://hook.example/api/webhooks/123456/ab-cd | 123456/ab-cd",
                "https://f.example/in?code=a%2Bbcd&x=1 | a+bcd",
                "https://f.example/in?x=0a1b2c3d4e5f6a7b8c9d0e | 0a1b2c3d4e5f6a7b8c9d0e",
                "https://me:w%40rd@f.example/ | w@rd",
            })
    void secretsInTheUrlOfASettingAreKnown(String url, String secret) {
        assertThat(SecretValues.in(Map.of("destination.x.url", url), Set.of())).contains(secret);
    }

    @Test
    void aMarkMakesAnyPathAnyHeaderAndAnyValueASecret() {
        assertThat(SecretValues.in(
                        Map.of(
                                "destination.x.url", "https://f.example/post/here?to=me",
                                "destination.x.headers", "X-Source: siem-of-acme",
                                "destination.x.channel", "private"),
                        Set.of("destination.x.url", "destination.x.headers", "destination.x.channel")))
                .contains("post/here?to=me", "siem-of-acme", "private")
                .doesNotContain("f.example");
    }

    @Test
    void aLoginInAHeaderIsKnownByItsPassword() {
        assertThat(SecretValues.ofHeader("Authorization: Basic " + base64("ann:pass-word", Base64.getEncoder())))
                .contains("pass-word");
        assertThat(SecretValues.ofHeader("Cookie: session=0123456789; a=b")).contains("0123456789");
    }

    @Test
    void textWithoutSecretsIsTheSame() {
        secrets.add("token-0123456789");
        String text =
                "https://siem.example:8088/services/collector — 403 for key=value & <b>\"x\"</b>, YW5uOndvcmQ= tok";
        assertThat(secrets.mask(text)).isSameAs(text);
    }

    private static String base64(String text, Base64.Encoder encoder) {
        return encoder.encodeToString(text.getBytes(UTF_8));
    }

    /** As encoders of JSON write what may not stand in HTML, and what is not ASCII. */
    private static String escaped(String text) {
        return text.chars()
                .mapToObj(unit -> unit > 127 || "<>&'".indexOf(unit) >= 0
                        ? "\\u%04X".formatted(unit)
                        : new String(JsonStringEncoder.getInstance().quoteAsString(Character.toString(unit))))
                .collect(Collectors.joining());
    }
}
