package com.bytefreezer.connector.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.bytefreezer.connector.testing.TestSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Where standard error is no terminal, as in tests. */
class InvitationTest {
    private static final Pattern FILE = Pattern.compile(" (/\\S+\\.txt)");

    @TempDir
    private Path folder;

    private final Logger log = (Logger) LoggerFactory.getLogger(Invitation.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        log.addAppender(lines);
    }

    @AfterEach
    void listenNoMore() {
        log.detachAppender(lines);
    }

    @Test
    void aRandomTokensFileIsItsOwnersAndGoesWithTheServer() throws Exception {
        Token token = token(Map.of(), false).orElseThrow();
        Invitation invitation = new Invitation(8090, Optional.of(token));
        invitation.start();
        String line = tell(invitation);
        assertThat(line)
                .startsWith("Open http://localhost:8090/ with the link in ")
                .doesNotContain(token.text());
        Matcher found = FILE.matcher(line);
        assertThat(found.find()).isTrue();
        Path file = Path.of(found.group(1));
        assertThat(file).hasContent("http://localhost:8090/?token=" + token.text() + "\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        invitation.stop();
        assertThat(file).doesNotExist();
        assertThat(token(Map.of(), false).orElseThrow().text())
                .matches("[0-9a-f]{32}")
                .isNotEqualTo(token.text());
    }

    @Test
    void aConfiguredTokenIsNeverShown() {
        Optional<Token> token = token(Map.of("server.token", "a-token-of-the-test"), true);
        assertThat(tell(new Invitation(8090, token)))
                .startsWith("Open http://localhost:8090/ with")
                .doesNotContain("a-token-of-the-test");
    }

    @Test
    void onThisMachineOnlyNoTokenIsNeeded() {
        assertThat(tell(new Invitation(8090, token(Map.of(), true)))).isEqualTo("Open http://localhost:8090/");
    }

    private String tell(Invitation invitation) {
        invitation.tell();
        assertThat(lines.list).hasSize(1);
        return lines.list.get(0).getFormattedMessage();
    }

    private Optional<Token> token(Map<String, String> options, boolean loopback) {
        return Token.of(TestSettings.over(folder, options), loopback);
    }
}
