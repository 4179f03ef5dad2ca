package com.bytefreezer.connector.api.send;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which spellings of a URL {@code server.allow-destinations} lets pass. */
class TargetsTest {
    private static final List<String> SCHEMES =
            List.of("https://", "http://", "HTTPS://", "https:", "https:/", "//", "ftp://", "");
    private static final List<String> BEFORE =
            List.of("", "me@", "me:secret@", "evil.example@", "evil.example\\@", "@", "%40");
    private static final List<String> HOSTS = List.of(
            "siem.example",
            "SIEM.Example",
            "siem.example.",
            "siem.example..",
            ".siem.example",
            "siem.example.evil",
            "siem.example_evil",
            "notsiem.example",
            "evil.example",
            "evil.example#siem.example",
            "evil.example?siem.example",
            "evil.example\\siem.example",
            "evil.example\\.siem.example",
            "evil.example/siem.example",
            "siem.example%00.evil",
            "siem.example%2eevil",
            "siem%2eexample",
            "siem\u3002example",
            "s\u0131em.example",
            "siem.example\t",
            "siem.example\r\nHost: evil.example",
            "siem.example@evil.example",
            "siem.example,evil.example",
            "siem.example https://evil.example",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[siem.example]",
            "127.0.0.1",
            "2130706433",
            "");
    private static final List<String> PORTS =
            List.of("", ":", ":443", ":0", ":80", ":8443", ":0443", ":443@evil.example", ":x", ":-1", ":99999999999");
    private static final List<String> PATHS = List.of(
            "/in",
            "",
            "/",
            "/in/",
            "/in/more",
            "/inner",
            "/in/../out",
            "/in/..",
            "/in/./..",
            "/in/%2e%2e/out",
            "/in/..%2fout",
            "/in/..\\out",
            "/in;/../out",
            "/in?to=https://evil.example",
            "/in?skipTlsVerify=true",
            "/in&skipTlsVerify=true",
            "/in#evil",
            "/in\\",
            "//in",
            "/%69n",
            "/in\u0000",
            "/in more");

    private final Settings settings = settings();
    private final Targets targets = new Targets(settings, Secrets.ofProcess());

    @ParameterizedTest
    @ValueSource(strings = {"webhook", "splunk", "elasticsearch"})
    void noSpellingLeadsToAHostThatIsNotAllowed(String type) {
        List<String> passed = new ArrayList<>();
        for (String scheme : SCHEMES) {
            for (String before : BEFORE) {
                for (String host : HOSTS) {
                    for (String port : PORTS) {
                        for (String path : PATHS) {
                            String url = scheme + before + host + port + path;
                            if (oddities(scheme, before, host, port, path) <= 2 && passes(type, url)) {
                                passed.add(url);
                            }
                        }
                    }
                }
            }
        }

        assertThat(passed)
                .contains("https://siem.example/in", "https://siem.example/in/more", "https://SIEM.Example/in")
                .allSatisfy(url -> {
                    assertThat(URI.create(url))
                            .hasScheme("https")
                            .hasNoUserInfo()
                            .hasNoPort()
                            .hasNoQuery()
                            .hasNoFragment();
                    assertThat(URI.create(url).getHost()).isEqualToIgnoringCase("siem.example");
                    assertThat(URI.create(url).getRawPath()).matches("/in(/more|/)?");
                });
    }

    private static int oddities(String scheme, String before, String host, String port, String path) {
        int plain = 0;
        plain += scheme.equals(SCHEMES.get(0)) ? 1 : 0;
        plain += before.equals(BEFORE.get(0)) ? 1 : 0;
        plain += host.equals(HOSTS.get(0)) ? 1 : 0;
        plain += port.equals(PORTS.get(0)) ? 1 : 0;
        plain += path.equals(PATHS.get(0)) ? 1 : 0;
        return 5 - plain;
    }

    private boolean passes(String type, String url) {
        try {
            targets.resolve(type, Map.of("url", TextNode.valueOf(url)));
            return true;
        } catch (ApiException e) {
            assertThat(e.status()).as(url).isIn(400, 403);
            return false;
        }
    }

    private static final String MINE = """
            # Destination "mine": posts records.
            #   destination.mine.url      required  %s where to post
            #   destination.mine.key      required  %s what opens it
            #   destination.mine.flavour            %s how they are posted
            - route:
                from:
                  uri: direct:destination-mine
                  steps:
                    - to:
                        uri: http:mine
                        parameters:
                          a: "{{text:destination.mine.url}}"
                          b: "{{text:destination.mine.key}}"
                          c: "{{text:destination.mine.flavour:}}"
            """;

    /** The settings of the destination above that a request has emptied when it gives {@code flavour}. */
    private static Map<String, String> overrides(String text, Path folder) throws Exception {
        Path file = Files.createDirectories(folder.resolve("destinations")).resolve("mine.camel.yaml");
        Files.writeString(file, text);
        Settings mine = Settings.load(new Settings.Sources(
                Mode.INTERACTIVE,
                Map.of(
                        "destination.type", "mine",
                        "destination.mine.url", "https://siem.example",
                        "destination.mine.key", "sesame"),
                Map.of(),
                null,
                Path.of(""),
                RouteFiles.in(folder)));
        return new Targets(mine, new Secrets())
                .resolve("mine", Map.of("flavour", TextNode.valueOf("sweet")))
                .overrides();
    }

    @Test
    void aTypedSettingKeepsTheSecretsOnlyIfItIsMarkedHarmless(@TempDir Path folder) throws Exception {
        Map<String, String> typed = Map.of("destination.mine.flavour", "sweet");
        Map<String, String> withoutKey = Map.of("destination.mine.flavour", "sweet", "destination.mine.key", "");
        assertThat(overrides(MINE.formatted("[address]", "[secret]", "[harmless]"), folder))
                .isEqualTo(typed);
        assertThat(overrides(MINE.formatted("[address]", "[secret]", ""), folder))
                .isEqualTo(withoutKey);
        assertThat(overrides(MINE.formatted("[address]", "[secret]", "[harmles]"), folder))
                .isEqualTo(withoutKey);
        assertThat(overrides(MINE.formatted("", "", ""), folder)).isEqualTo(typed);
        assertThat(overrides(MINE.formatted("", "the secret", ""), folder)).isEqualTo(withoutKey);
    }

    private static Settings settings() {
        try {
            return Settings.load(new Settings.Sources(
                    Mode.INTERACTIVE,
                    Map.of(
                            "server.port", "0",
                            "server.host", "0.0.0.0",
                            "server.token", "a-token-that-is-long",
                            "server.allow-destinations", "https://siem.example/in"),
                    Map.of(),
                    null,
                    Path.of(""),
                    RouteFiles.in(TestTools.projectDirectory().resolve("routes"))));
        } catch (Exception e) {
            throw new IllegalArgumentException(e);
        }
    }
}
