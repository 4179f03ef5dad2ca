package com.bytefreezer.connector.input.socket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.receive.Frame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FramerTest {
    private static final int LONGEST = 40;

    /** In these, _ is the end of a line, ~ a NUL and ; what is between frames. */
    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            <1>a_<2>b_,       <1>a;<2>b
            <1>a~<2>b~,       <1>a;<2>b
            4 <1>a4 <2>b,     <1>a;<2>b
            4 <1>a_4 <2>b_,   <1>a;<2>b
            6 <1>a_b4 <2>c,   <1>a_b;<2>c
            4 <1>a<2>b_5 <3>cc, <1>a;<2>b;<3>cc
            4 <1>a4 none5 <2>bb, <1>a;none;<2>bb
            4 none_,          4 none
            7 days_<1>a_,     7 days;<1>a
            12_34 _,          12;34{SPACE}
            0 <1>a_,          0 <1>a
            3 <1>a_<2>b_,     <1>;a;<2>b
            9 <1>a_<2>bb_<3>c, <1>a_<2>b;b;<3>c
            999999999 <1>a_<2>b_, 999999999 <1>a;<2>b
            99999999999999 <1>a_, 99999999999999 <1>a
            <1>half,          <1>half
            50 <1>half,       50 <1>half
            _~_<1>a___,       <1>a
            """)
    void aStreamBecomesTheSameFramesHoweverItIsCut(String stream, String frames) {
        byte[] bytes = bytes(stream.replace("{SPACE}", " "));
        for (int piece = 1; piece <= bytes.length; piece++) {
            assertThat(framed(true, bytes, piece))
                    .extracting(FramerTest::text)
                    .containsExactly(frames.replace("{SPACE}", " ").split(";"));
        }
    }

    @Test
    void whatHasNoEndSaysHowMuchIsMissing() {
        List<Frame> frames = framed(true, bytes("4 <1>a20 <2>half"), 5);
        assertThat(frames.get(0).flaw()).isEmpty();
        assertThat(frames.get(1).flaw()).contains("it ends after 7 of 20 bytes");
    }

    @Test
    void aFrameThatIsTooLongKeepsItsFirstBytes() {
        for (int piece : List.of(1, 7, 1000)) {
            String stream = "<1>%s_4 <2>b100 <3>%s4 <4>d".formatted("x".repeat(97), "y".repeat(97));
            List<Frame> frames = framed(true, bytes(stream), piece);
            assertThat(frames).extracting(Frame::length).containsExactly(100L, 4L, 100L, 4L);
            assertThat(frames.get(0).size()).isGreaterThanOrEqualTo(LONGEST);
            assertThat(text(frames.get(3))).isEqualTo("<4>d");
        }
        Framer framer = new Framer(true, LONGEST, "");
        for (int i = 0; i < 1000; i++) {
            framer.take(bytes("x".repeat(1000)), frame -> {});
            assertThat(framer.held()).isLessThanOrEqualTo(LONGEST);
        }
    }

    @Test
    void linesAreNotSearchedForCountsAndMayHoldNul() {
        assertThat(framed(false, bytes("4 <1>a_~b\r_\r__{}_c"), 3))
                .extracting(FramerTest::text)
                .containsExactly("4 <1>a", "~b", "{}", "c");
    }

    @Test
    void noByteOfAnyStreamIsLost() {
        Random random = new Random(3);
        String alphabet = "0123459 <>_~ab_";
        for (int i = 0; i < 20_000; i++) {
            String stream = random.ints(30, 0, alphabet.length())
                    .mapToObj(at -> alphabet.substring(at, at + 1))
                    .collect(Collectors.joining());
            String there = framed(true, bytes(stream), 1 + random.nextInt(30)).stream()
                    .map(FramerTest::text)
                    .collect(Collectors.joining());
            assertThat(letters(there)).as(stream).isEqualTo(letters(stream));
        }
    }

    /** Digits may be counts. */
    private static String letters(String text) {
        return text.replaceAll("[0-9 _~]", "");
    }

    private static List<Frame> framed(boolean isSyslog, byte[] bytes, int piece) {
        List<Frame> frames = new ArrayList<>();
        Framer framer = new Framer(isSyslog, LONGEST, "");
        for (int at = 0; at < bytes.length; at += piece) {
            framer.take(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + piece)), frames::add);
        }
        framer.end(frames::add);
        return frames;
    }

    private static byte[] bytes(String text) {
        return text.replace('_', '\n').replace('~', '\0').getBytes(ISO_8859_1);
    }

    private static String text(Frame frame) {
        return new String(frame.bytes(), frame.start(), frame.size(), ISO_8859_1)
                .replace('\n', '_')
                .replace('\0', '~');
    }
}
