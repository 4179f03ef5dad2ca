package com.bytefreezer.connector.lookup;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The text of a file: UTF-8, with or without a byte order mark, up to the maximum size. */
final class LookupText {
    private LookupText() {}

    /** @param content of the file, which may be elsewhere */
    static BufferedReader open(LookupFile file, Path content, long mostBytes) throws IOException {
        InputStream packed = new BufferedInputStream(Files.newInputStream(content));
        InputStream bytes = new BufferedInputStream(BrokenLookup.after(mostBytes, file.unpacked(packed)));
        bytes.mark(3);
        byte[] start = bytes.readNBytes(3);
        bytes.reset();
        if (start.length > 1 && ((start[0] == -1 && start[1] == -2) || (start[0] == -2 && start[1] == -1))) {
            throw new BrokenLookup("it is UTF-16; save it as UTF-8");
        }
        if (start.length == 3 && start[0] == (byte) 0xEF && start[1] == (byte) 0xBB && start[2] == (byte) 0xBF) {
            bytes.skipNBytes(3);
        }
        return new BufferedReader(new Checked(new InputStreamReader(
                bytes,
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT))));
    }

    private static final class Checked extends FilterReader {
        private long lines = 1;

        Checked(Reader text) {
            super(text);
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            int read;
            try {
                read = super.read(buffer, offset, length);
            } catch (CharacterCodingException e) {
                throw new BrokenLookup("it is not UTF-8 after line %d; save it as UTF-8".formatted(lines));
            }
            for (int i = offset; i < offset + read; i++) {
                if (buffer[i] == '\n') {
                    lines++;
                } else if (buffer[i] == 0) {
                    throw new BrokenLookup("line %d has a NUL character".formatted(lines));
                }
            }
            return read;
        }
    }
}
