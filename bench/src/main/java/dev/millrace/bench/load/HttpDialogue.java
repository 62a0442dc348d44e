package dev.millrace.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/** HTTP/1.1 with one request under way; 202 alone counts as accepted. */
final class HttpDialogue implements Dialogue {

    /** More than any answer to a request of the benchmarks has. */
    private static final int MAX_ANSWER_BYTES = 16 * 1024;

    private static final int ACCEPTED = 202;

    private static final byte[] CONTENT_LENGTH = {
        '\n', 'c', 'o', 'n', 't', 'e', 'n', 't', '-', 'l', 'e', 'n', 'g', 't', 'h', ':', ' '
    };

    private final Supplier<ByteBuffer> requests;
    private final byte[] answer = new byte[MAX_ANSWER_BYTES];
    private final ByteBuffer answerBuffer = ByteBuffer.wrap(answer);
    private ByteBuffer unsent = ByteBuffer.allocate(0);
    private boolean underWay;
    private long intended;

    /** @param requests the next request, whole, each time that it is asked */
    HttpDialogue(Supplier<ByteBuffer> requests) {
        this.requests = requests;
    }

    @Override
    public boolean hasRoom() {
        return !underWay;
    }

    @Override
    public int underWay() {
        return underWay ? 1 : 0;
    }

    @Override
    public void request(long intended) {
        this.intended = intended;
        underWay = true;
        unsent = requests.get();
    }

    @Override
    public ByteBuffer unsent() {
        return unsent;
    }

    @Override
    public void take(ByteBuffer came, Answers answers) throws IOException {
        answerBuffer.put(came);
        int end = headEnd();
        if (end < 0 || answerBuffer.position() < end + contentLength(end)) {
            return;
        }
        int status = (answer[9] - '0') * 100 + (answer[10] - '0') * 10 + (answer[11] - '0');
        answerBuffer.clear();
        underWay = false;
        if (status == ACCEPTED) {
            answers.accepted(intended);
        } else {
            answers.failed(intended);
        }
    }

    /** Where the head ends, or -1. */
    private int headEnd() {
        for (int i = 3; i < answerBuffer.position(); i++) {
            if (answer[i] == '\n' && answer[i - 2] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private int contentLength(int headEnd) throws IOException {
        for (int i = 0; i < headEnd - CONTENT_LENGTH.length; i++) {
            if (answer[i] == '\n' && isContentLength(i)) {
                int value = 0;
                for (int at = i + CONTENT_LENGTH.length; answer[at] != '\r'; at++) {
                    value = value * 10 + (answer[at] - '0');
                }
                return value;
            }
        }
        throw new IOException("an answer without content-length");
    }

    private boolean isContentLength(int at) {
        for (int i = 1; i < CONTENT_LENGTH.length; i++) {
            if ((answer[at + i] | 0x20) != (CONTENT_LENGTH[i] | 0x20)) {
                return false;
            }
        }
        return true;
    }
}
