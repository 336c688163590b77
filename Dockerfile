# docker build -t anime-faces . && docker run --rm -v "$PWD/samples:/app/samples" anime-faces \
#     --generate -t description.txt
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
ENTRYPOINT ["python3", "DCGAN.py"]
