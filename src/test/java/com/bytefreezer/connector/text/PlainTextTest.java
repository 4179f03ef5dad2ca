package com.bytefreezer.connector.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.problem.ConnectorException;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainTextTest {
    private static final String SECRET = "plain-text-test-0123456789";

    @BeforeEach
    void knowTheSecret() {
        Secrets.ofProcess().add(SECRET);
    }

    @AfterEach
    void forgetTheSecret() {
        Secrets.ofProcess().remove(SECRET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\r\n", " \n\n\t ", "\u000B", "\f", "\u0085", "\u2028", "\u2029"})
    void whatBreaksALineIsASpace(String broken) {
        assertThat(PlainText.line("a" + broken + "b" + broken)).isEqualTo("a b");
        assertThat(PlainText.answer("a" + broken + "b" + broken)).isEqualTo("a b");
        assertThat(new ConnectorException("a" + broken + "b")).hasMessage("a b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u001b",
                "\u0007",
                "\b",
                "\u0000",
                "\u007f",
                "\u009b",
                "\u0090",
                "\u202e",
                "\u2066",
                "\u200f",
                "\u061c",
                "\ufeff",
                "\u00ad",
                "\ud800",
                "\udc00",
                "\udb40\udc41"
            })
    void whatSteersATerminalOrHidesIsReplaced(String sign) {
        assertThat(PlainText.line("a" + sign + "[31m")).isEqualTo("a\uFFFD[31m");
        assertThat(PlainText.trace("a" + sign + "b\nc")).isEqualTo("\ta\uFFFDb\n\tc\n");
        assertThat(PlainText.known("  a" + sign + "b")).isEqualTo("  a\uFFFDb");
    }

    @Test
    void lettersOfAllScriptsStayAsTheyAre() {
        String text = "Zoë — 東京 שלום مرحبا 👩‍💻  two  spaces…";
        assertThat(PlainText.line(text)).isEqualTo(text);
    }

    @Test
    void aSecretIsMaskedBeforeTheTextIsCutWhereverItStands() {
        for (int before = 0; before < 260; before++) {
            String text = "x".repeat(before) + " " + SECRET + " " + "y".repeat(300);
            assertThat(PlainText.answer(text)).doesNotContain(SECRET.substring(0, 3));
        }
    }

    @Test
    void anyTextBecomesOneLineOfSignsThatAreSeen() {
        Random random = new Random(11);
        for (int i = 0; i < 2000; i++) {
            String text = random.ints(random.nextInt(300), 0, random.nextBoolean() ? 0x300 : 0x11000)
                    .mapToObj(Character::toString)
                    .collect(Collectors.joining());
            assertThat(PlainText.answer(text))
                    .hasSizeLessThanOrEqualTo(201)
                    .matches("[^\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}\\u202A-\\u202E\\u2066-\\u2069]*");
        }
    }

    @Test
    void aLongRunOfSpacesTakesNoTime() {
        assertThat(PlainText.answer("a" + " ".repeat(5_000_000) + "\n b ?" + "?".repeat(1_000_000)))
                .startsWith("a b ?");
    }
}
