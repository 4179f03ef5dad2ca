package com.bytefreezer.connector.input.file;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The text of a file, whatever it is packed or encoded with: unpacked, from UTF-16 made UTF-8, without the mark of the order
 * of bytes. Its first bytes tell. For one thread.
 */
final class FileText extends FilterInputStream {
    private static final int BUFFER = 64 * 1024;

    private FileText(InputStream in) {
        super(in);
    }

    /** @throws BrokenFileException if it is packed and damaged */
    static FileText open(Path file) throws IOException {
        InputStream opened = Files.newInputStream(file);
        try {
            BufferedInputStream bytes = new BufferedInputStream(opened, 2 * BUFFER);
            boolean isPacked = startsWith(bytes, 0x1f, 0x8b);
            BufferedInputStream text = isPacked ? new BufferedInputStream(new Gunzip(bytes), BUFFER) : bytes;
            if (startsWith(text, 0xff, 0xfe)) {
                return new FileText(new Utf16(text, StandardCharsets.UTF_16LE));
            }
            if (startsWith(text, 0xfe, 0xff)) {
                return new FileText(new Utf16(text, StandardCharsets.UTF_16BE));
            }
            if (startsWith(text, 0xef, 0xbb, 0xbf)) {
                text.skipNBytes(3);
            }
            return new FileText(text);
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static boolean startsWith(BufferedInputStream in, int... bytes) throws IOException {
        in.mark(bytes.length);
        boolean is = true;
        for (int each : bytes) {
            is &= in.read() == each;
        }
        in.reset();
        return is;
    }

    /** UTF-16 as UTF-8. */
    private static final class Utf16 extends InputStream {
        private final Reader text;
        private final char[] characters = new char[BUFFER / 2];
        private @Nullable ByteBuffer bytes;
        private int kept;

        Utf16(InputStream in, Charset charset) throws IOException {
            in.skipNBytes(2);
            text = new InputStreamReader(in, charset.newDecoder());
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            ByteBuffer current = bytes;
            while (current == null || !current.hasRemaining()) {
                current = more();
                bytes = current;
                if (current == null) {
                    return -1;
                }
            }
            int count = Math.min(length, current.remaining());
            current.get(into, offset, count);
            return count;
        }

        private @Nullable ByteBuffer more() throws IOException {
            try {
                int count = text.read(characters, kept, characters.length - kept);
                if (count < 0) {
                    return null;
                }
                int end = kept + count;
                // Half of a character waits for its other half.
                boolean isHalf = Character.isHighSurrogate(characters[end - 1]);
                int whole = isHalf ? end - 1 : end;
                ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(characters, 0, whole));
                characters[0] = characters[end - 1];
                kept = isHalf ? 1 : 0;
                return encoded;
            } catch (CharacterCodingException e) {
                throw new BrokenFileException("it begins as UTF-16 and is none");
            }
        }

        @Override
        public void close() throws IOException {
            text.close();
        }
    }
}
